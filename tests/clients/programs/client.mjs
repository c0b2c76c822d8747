// Node's own fetch (undici), whose connections are kept. Reads lines, answers each with one line.
import { createInterface } from 'node:readline'

async function send(url, options) {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(8000) })
    await answer.text()
    return String(answer.status)
  } catch (error) {
    return `error ${error.message}: ${error.cause?.code ?? ''} ${error.cause?.message ?? ''}`.replaceAll('\n', ' ')
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, url, key, token, body] = line.split('\t')
  if (command === 'version') console.log(`${process.versions.node} (undici ${process.versions.undici})`)
  else if (command === 'warm') console.log(await send(url, {}))
  else if (command === 'pay') {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, 'Idempotency-Key': key }
    console.log(await send(url, { method: 'POST', headers, body }))
  } else console.log('ok')
}
