import { computed, effect, signal } from '@preact/signals'
import { isPrinting } from './state.ts'

export type Theme = 'auto' | 'light' | 'dark'

/** Not stored: a report is opened from disk, where storage is shared by all files or refused. */
export const theme = signal<Theme>('auto')

const dark = window.matchMedia('(prefers-color-scheme: dark)')
const isSystemDark = signal(dark.matches)
dark.addEventListener('change', (event) => {
  isSystemDark.value = event.matches
})

/** Paper is light. */
export const isDark = computed(
  () => !isPrinting.value && (theme.value === 'auto' ? isSystemDark.value : theme.value === 'dark'),
)

effect(() => {
  document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'
})

/** A colour of styles/tokens.css, for canvases. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}
