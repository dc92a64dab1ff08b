import { asList, asObject, asText } from './json-document.ts'

export interface TargetHealth {
  /** `10.0.32.10:8000`, or an instance's id and its port. */
  readonly target: string
  /** `healthy`, `unhealthy`, `draining`, `initial`, `unused` ... */
  readonly state: string
  /** `Target.ResponseCodeMismatch`; '' where all is well. */
  readonly reason: string
}

/**
 * `aws elbv2 describe-target-health`: what the load balancer thinks of its targets at the time of asking, which it does
 * not say. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
 */
export function readTargetHealth(values: readonly unknown[]): TargetHealth[] {
  return values.flatMap((value) =>
    asList(asObject(value).TargetHealthDescriptions).map((each): TargetHealth => {
      const { Id, Port } = asObject(asObject(each).Target)
      const { State, Reason } = asObject(asObject(each).TargetHealth)
      return {
        target: `${asText(Id) ?? ''}:${typeof Port === 'number' ? Port : ''}`,
        state: asText(State) ?? '',
        reason: asText(Reason) ?? '',
      }
    }),
  )
}
