/** `k8s-NAMESPACE-NAME-HASH`, as the AWS Load Balancer Controller names what it makes; both parts cut to 8 characters. */
export function readKubernetesName(name: string): { readonly namespace: string; readonly name: string } | undefined {
  const found = /^k8s-([a-z0-9]{1,8})-([a-z0-9]{1,8})-[0-9a-f]{10}$/.exec(name)
  return found ? { namespace: found[1] ?? '', name: found[2] ?? '' } : undefined
}

/** `app/NAME/ID` to NAME; a Classic one is its name. */
export function loadBalancerName(id: string): string {
  return id.split('/')[1] ?? id
}

export function targetGroupName(arn: string): string {
  return /targetgroup\/([^/]+)/.exec(arn)?.[1] ?? arn
}
