import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { isPrinting } from '../model/state.ts'

/** Half of A4 between the margins of styles/print.css, in CSS pixels. */
const HALF_PAPER = 330

/** The width that an element has on the screen or on paper, so that the letters of a drawing keep their size. */
export function useWidth(): [preact.RefObject<HTMLElement | null>, number] {
  const box = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(520)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const take = (): void => setWidth(Math.max(200, Math.round(element.clientWidth)))
    take()
    const observer = new ResizeObserver(take)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [box, isPrinting.value ? HALF_PAPER : width]
}
