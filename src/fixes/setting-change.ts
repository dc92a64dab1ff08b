import type { SettingId } from '../settings/setting.ts'

/** Changes that are a choice or a size of one component, and in no inequality. */
export type ChoiceId =
  | 'targetGroup.algorithm'
  | 'targetGroup.slowStartSeconds'
  | 'targetGroup.targetType'
  | 'targetGroup.readinessGate'
  | 'service.externalTrafficPolicy'
  | 'proxy.maxFails'
  | 'proxy.keepAliveMinSeconds'
  | 'proxy.bodyBytes'
  | 'deployment.maxUnavailable'
  | 'deployment.replicas'
  | 'pod.cpuLimit'

export type ChangeId = SettingId | ChoiceId

/** One setting to change. Data: a renderer says how each server spells it. */
export interface SettingChange {
  readonly set: ChangeId
  readonly to: number | string | boolean
  /** What it is now, when known. */
  readonly from?: number | string | boolean
  /** Which inequality, which numbers, which cause. */
  readonly because: string
  /** `review`: it trades something, or reaches further than this service. */
  readonly safety?: 'safe' | 'review'
  /** Ids of `settings/servers.ts` that may be running; absent = unknown. */
  readonly servers?: readonly string[]
}
