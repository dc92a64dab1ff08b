import type { Scenario } from '../scenarios/scenario.ts'
import type { AppSettings, Server } from '../servers/server.ts'

type ServerChange<Kind extends Server['kind']> = Partial<Omit<Extract<Server, { kind: Kind }>, 'kind' | 'app'>> & {
  readonly app?: AppSettings
}

/** The scenario with other settings of its servers of one kind; the application's own settings are merged. */
export function changeServer<Kind extends Server['kind']>(
  scenario: Scenario,
  kind: Kind,
  change: ServerChange<Kind>,
): Scenario {
  const { template } = scenario.workload
  const containers = template.containers.map((container) => {
    if (container.server.kind !== kind) return container
    const before = container.server
    const app =
      'app' in before || 'app' in change ? { app: { ...('app' in before ? before.app : {}), ...change.app } } : {}
    return { ...container, server: { ...before, ...change, ...app } as Server }
  })
  return { ...scenario, workload: { ...scenario.workload, template: { ...template, containers } } }
}
