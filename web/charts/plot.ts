import { useLayoutEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { isPrinting } from '../model/state.ts'
import { isDark } from '../model/theme.ts'

/** A4 between the margins of styles/print.css, in CSS pixels. */
const PAPER_WIDTH = 700

/**
 * Mounts a uPlot whose options depend on the theme; data changes keep the instance. In layout effects: printing waits
 * for no later ones, and its page has another width that no observer reports in time.
 */
export function usePlot(
  make: (width: number) => uPlot.Options,
  data: uPlot.AlignedData,
  height: number,
): preact.RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef(data)
  latest.current = data
  const dark = isDark.value
  const isOnPaper = isPrinting.value
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const made = new uPlot(
      make(
        isOnPaper
          ? PAPER_WIDTH * (element.clientWidth / (element.closest('main')?.clientWidth ?? 1))
          : Math.max(120, element.clientWidth),
      ),
      latest.current,
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => {
      const width = Math.max(120, element.clientWidth)
      if (Math.abs(width - made.width) >= 1) made.setSize({ width, height })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [dark, height, isOnPaper])
  useLayoutEffect(() => {
    plot.current?.setData(data)
  }, [data])
  return box
}

export const AXIS_WIDTH = 58
/** Half of the last label of the time axis. */
export const RIGHT_PAD = 32
