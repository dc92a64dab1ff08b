import type { Family } from './define-cause.ts'

export const families: Readonly<Record<Family, string>> = {
  A: 'A reused connection was already closed',
  B: 'The target could not be reached',
  C: 'Rollouts and lifecycle',
  D: 'The target died or answered badly',
  E: 'The target was too slow',
  F: 'A reverse proxy inside the cluster made the answer',
  G: 'The client',
  H: 'The load balancer itself',
  I: 'The application answered',
}
