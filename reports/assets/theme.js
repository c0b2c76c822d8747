const data = JSON.parse(document.getElementById("data").textContent);
const clampIndex = (index) => Math.max(0, Math.min(data.seconds.length - 1, index));
const GATEWAYS = ["--gateway-1", "--gateway-2", "--gateway-3"];
const STATES = {
  open: "--bad", half_open: "--doubt", closed: "--good-rate",
  firing: "--bad", pending: "--doubt", inactive: "--good-rate",
};

const milliseconds = (ms) => (ms >= 1000 ? `${+(ms / 1000).toPrecision(3)} s` : `${+ms.toPrecision(3)} ms`);
const perSecond = (value) => `${+value.toFixed(1)}/s`;
