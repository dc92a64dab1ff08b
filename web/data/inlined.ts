import type { Head, RowChunk } from './head.ts'

/** What src/report/html.ts put into the file. */
export function inlinedHead(): Head | null {
  const text = document.getElementById('diagnosis')?.textContent
  return text ? (JSON.parse(text) as Head) : null
}

export function inlinedMarkdown(): string | null {
  const text = document.getElementById('markdown')?.textContent
  return text ? (JSON.parse(text) as string) : null
}

/** Rows are gzip in base64, a few thousand to a block, so that no block takes long to read. */
export async function* inlinedChunks(): AsyncGenerator<RowChunk> {
  for (const block of document.querySelectorAll<HTMLScriptElement>('script[data-rows]')) {
    const text = await gunzip(block.textContent ?? '')
    yield { from: Number(block.dataset.rows), columns: JSON.parse(text) as RowChunk['columns'] }
    await nextTask()
  }
}

async function gunzip(base64: string): Promise<string> {
  const binary = atob(base64.trim())
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}

/** Lets the browser paint and take input between two blocks. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => resolve()
    channel.port2.postMessage(null)
  })
}
