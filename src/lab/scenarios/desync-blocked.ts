import { importMended } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const desyncBlocked = defineScenario({
  id: 'desync-blocked',
  title: 'A supplier’s import sends two lengths',
  story: [
    'A supplier’s import posts scans with a library that writes Content-Length twice, with two values.',
    'Such a request can be read in two ways, and attackers use that.',
    'The desync mitigation mode is `defensive`, as by default: Severe, 400, and the connection closes.',
    'The supplier sees 400 and swears that nothing changed. Visitors notice nothing.',
    'The row names the reason: MultipleContentLength.',
  ],
  scaled: [],
  application: 'warehouse',
  targetType: 'ip',
  nodes: 2,
  workload: { name: 'warehouse', replicas: 2, template: shopPod() },
  traffic: {
    seconds: 20,
    streams: [
      visitors(6),
      {
        kind: 'poisson',
        name: 'import',
        perSecond: 1.5,
        routes: [
          { route: 'POST /api/scans/{hex}', weight: 1, bodyBytes: 180, headers: { 'content-length': ['180', '0'] } },
        ],
      },
    ],
  },
  expect: { atLeast: { 'desync-blocked': 10 } },
  fixes: { client: importMended },
})
