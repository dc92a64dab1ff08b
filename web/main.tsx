import './styles/tokens.css'
import './styles/page.css'
import './styles/hops.css'
import './styles/charts.css'
import './styles/findings.css'
import './styles/failures.css'
import './styles/narrow.css'
import './styles/print.css'
import { render } from 'preact'
import { App } from './components/app.tsx'
import { startLive } from './data/live.ts'
import { startInlined } from './data/source.ts'
import { isPrinting, notice, openFindings } from './model/state.ts'

const root = document.getElementById('root')
if (!startInlined()) startLive()
if (root) {
  root.textContent = ''
  render(<App />, root)
}

// Paper cannot be unfolded.
window.addEventListener('beforeprint', () => {
  isPrinting.value = true
})
window.addEventListener('afterprint', () => {
  isPrinting.value = false
})
// A link to a finding opens it.
const openTarget = (): void => {
  const [, id] = /^#finding-(.+?)(?:-fixes)?$/.exec(decodeURIComponent(location.hash)) ?? []
  if (id && !openFindings.value.has(id)) openFindings.value = new Set([...openFindings.value, id])
}
window.addEventListener('hashchange', openTarget)
openTarget()
notice.subscribe((text) => {
  if (text)
    setTimeout(() => {
      if (notice.peek() === text) notice.value = ''
    }, 4000)
})
