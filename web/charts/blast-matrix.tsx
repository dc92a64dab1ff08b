import { useLayoutEffect, useRef } from 'preact/hooks'
import { DataBehind } from '../components/data-table.tsx'
import { Logged } from '../components/logged.tsx'
import { count, counted, per } from '../model/format.ts'
import { type Matrix, matrix } from '../model/matrix.ts'
import { moment } from '../model/moment.ts'
import { lastSelection, steps, store } from '../model/state.ts'
import { colour, isDark } from '../model/theme.ts'
import { TimeScale } from './time-scale.tsx'

const ROW = 20

/** Which target failed when: one line of cells per target. */
export function BlastMatrix({ finding }: { readonly finding: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const rows = store.value
  const chosen = lastSelection.value
  const index = rows?.names.findings.indexOf(finding) ?? -1
  const shape = rows && chosen && index >= 0 ? matrix(rows, chosen.mask, index, steps.value) : null
  const dark = isDark.value
  useLayoutEffect(() => {
    const element = canvas.current
    if (element && shape) draw(element, shape)
  }, [shape, dark])
  useLayoutEffect(() => {
    const element = canvas.current
    if (!element) return
    const observer = new ResizeObserver(() => shape && draw(element, shape))
    observer.observe(element)
    return () => observer.disconnect()
  }, [shape])
  if (!rows || !shape || shape.targets.length === 0) return null
  const endMs = shape.startMs + shape.bucketMs * shape.buckets
  const each = per(shape.bucketMs)
  return (
    <figure class="figure-box figure-wide">
      <figcaption>
        <span class="figure-title">Which target failed when</span>
        <span class="figure-keys">
          <span class="key key-cell">
            1 to {counted(shape.most, 'failure')} per {each}
          </span>
        </span>
      </figcaption>
      <div class="matrix" style={{ '--rows': String(shape.targets.length) }}>
        <p class="matrix-head">
          <span>target</span>
          <span>failures</span>
        </p>
        <ul class="matrix-names">
          {shape.targets.map((each) => (
            <li key={each.index} style={{ height: `${ROW}px` }}>
              <span class="mono matrix-name">
                <Logged text={rows.names.targets[each.index] ?? 'no target'} />
              </span>
              <span class="matrix-count">{count(each.failures)}</span>
            </li>
          ))}
        </ul>
        <canvas
          ref={canvas}
          class="matrix-canvas"
          style={{ height: `${shape.targets.length * ROW}px` }}
          aria-hidden="true"
        />
        <p class="matrix-scale">
          <TimeScale startMs={shape.startMs} endMs={endMs} />
        </p>
      </div>
      {shape.others > 0 && <p class="quiet">{counted(shape.others, 'failure')} on further targets are not drawn.</p>}
      <DataBehind
        caption="Which target failed when"
        columns={['target', 'from (UTC)', `failures per ${each}`]}
        rows={() =>
          shape.targets.flatMap((each, at) =>
            Array.from({ length: shape.buckets }, (_, bucket) => bucket).flatMap((bucket) => {
              const value = shape.cells[at * shape.buckets + bucket] ?? 0
              return value > 0
                ? [
                    [
                      rows.names.targets[each.index] ?? 'no target',
                      moment(shape.startMs + bucket * shape.bucketMs),
                      value,
                    ],
                  ]
                : []
            }),
          )
        }
      />
    </figure>
  )
}

function draw(element: HTMLCanvasElement, shape: Matrix): void {
  const scale = window.devicePixelRatio || 1
  const width = element.clientWidth
  const height = shape.targets.length * ROW
  if (width === 0) return
  element.width = Math.round(width * scale)
  element.height = Math.round(height * scale)
  const pen = element.getContext('2d')
  if (!pen) return
  pen.scale(scale, scale)
  const cell = width / shape.buckets
  pen.fillStyle = colour('track')
  for (let row = 0; row < shape.targets.length; row += 1) pen.fillRect(0, row * ROW + 3, width, ROW - 6)
  pen.fillStyle = colour('lb')
  for (let row = 0; row < shape.targets.length; row += 1)
    for (let bucket = 0; bucket < shape.buckets; bucket += 1) {
      const value = shape.cells[row * shape.buckets + bucket] ?? 0
      if (value === 0) continue
      // One failure must be seen beside a thousand: the shade grows with the square root.
      pen.globalAlpha = 0.3 + 0.7 * Math.sqrt(value / shape.most)
      pen.fillRect(bucket * cell, row * ROW + 3, Math.max(1, cell - (cell > 4 ? 1 : 0)), ROW - 6)
    }
  pen.globalAlpha = 1
}
