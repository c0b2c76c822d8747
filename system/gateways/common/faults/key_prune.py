"""``key_prune``: idempotency keys are forgotten early, so that an old key executes again."""

from system.gateways.common.kind import Kind, Number

NAME = "key_prune"

KIND = Kind(
    name=NAME,
    sentence="Keys older than `retention_s` are forgotten: a re-send under such a key executes again.",
    parameters={"retention_s": Number(1)},
)
