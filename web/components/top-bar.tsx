import { between } from '../model/format.ts'
import { head } from '../model/state.ts'
import { isDark, theme } from '../model/theme.ts'
import { Downloads } from './downloads.tsx'
import { Logged } from './logged.tsx'

export function TopBar() {
  const diagnosis = head.value
  if (!diagnosis) return null
  const names = diagnosis.settings.byLoadBalancer.map((each) => each.loadBalancer)
  return (
    <header class="top">
      <div class="top-what">
        <span class="mark">why5xx</span>
        {names.slice(0, 2).map((name) => (
          <span class="mono top-name" key={name}>
            <Logged text={name} />
          </span>
        ))}
        {names.length > 2 && <span class="top-name">and {names.length - 2} more load balancers</span>}
        {diagnosis.window && (
          <span class="top-window">
            {between(Date.parse(diagnosis.window.start), Date.parse(diagnosis.window.end))}
          </span>
        )}
      </div>
      <div class="top-actions">
        <Downloads />
        <button
          type="button"
          class="button"
          aria-pressed={isDark.value}
          onClick={() => {
            theme.value = isDark.value ? 'light' : 'dark'
          }}
        >
          Dark
        </button>
      </div>
    </header>
  )
}
