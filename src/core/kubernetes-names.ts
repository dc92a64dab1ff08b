/**
 * Names that the AWS Load Balancer Controller makes, read back: `k8s-NAMESPACE-NAME-HASH` with namespace and name cut to
 * eight characters each (an IngressGroup: `k8s-GROUP-HASH`, 17). Source: kubernetes-sigs/aws-load-balancer-controller,
 * pkg/ingress/model_build_load_balancer.go.
 */
export function readKubernetesName(name: string): { namespace: string; name: string } | null {
  const found = /^k8s-([a-z0-9]{1,8})-([a-z0-9]{1,8})-[0-9a-f]{10}$/.exec(name)
  return found ? { namespace: found[1] as string, name: found[2] as string } : null
}

/** `targetgroup/NAME/ID` at the end of an ARN, or the text itself. */
export function targetGroupName(arn: string): string {
  const parts = arn.split('/')
  return parts.length >= 3 ? (parts[1] as string) : arn
}

/** `app/NAME/ID` to NAME. */
export function loadBalancerName(id: string): string {
  const parts = id.split('/')
  return parts.length === 3 ? (parts[1] as string) : id
}
