import type { Finding } from '../../src/core/diagnosis.ts'
import { counted } from '../model/format.ts'
import { head } from '../model/state.ts'
import { FindingView } from './finding.tsx'
import { Section } from './section.tsx'

export function Findings() {
  const diagnosis = head.value
  if (!diagnosis || diagnosis.findings.length === 0) return null
  return (
    <Section
      id="findings"
      title="Why"
      note={`${counted(diagnosis.findings.length, 'finding')}; what is undetermined stands first. Every failure is in exactly one.`}
    >
      <ol class="findings">
        {diagnosis.findings.map((finding: Finding) => (
          <FindingView key={finding.id} finding={finding} />
        ))}
      </ol>
    </Section>
  )
}
