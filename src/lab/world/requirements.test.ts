import { describe, expect, it } from 'vitest'
import { explainRefusal, namespaceFlags } from './requirements.ts'

const settings = (values: Record<string, string>) => (path: string) => values[path]

describe('a kernel that refuses namespaces', () => {
  it('names AppArmor’s setting', () => {
    const { why, remedy } = explainRefusal(
      'mount: permission denied',
      settings({ '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' }),
    )
    expect(why).toContain('kernel.apparmor_restrict_unprivileged_userns = 1')
    expect(remedy).toContain('sysctl kernel.apparmor_restrict_unprivileged_userns=0')
  })

  it('names the switch that forbids user namespaces', () => {
    expect(explainRefusal('', settings({ '/proc/sys/user/max_user_namespaces': '0' })).why).toContain(
      'user.max_user_namespaces',
    )
    expect(explainRefusal('', settings({ '/proc/sys/kernel/unprivileged_userns_clone': '0' })).why).toContain(
      'unprivileged_userns_clone',
    )
  })

  it('repeats what was said when no setting explains it', () => {
    expect(explainRefusal('unshare: unshare failed: Operation not permitted\n', settings({})).why).toContain(
      'Operation not permitted',
    )
  })

  it('needs a user namespace only without root', () => {
    expect(namespaceFlags(true)).not.toContain('--user')
    expect(namespaceFlags(false)).toContain('--map-root-user')
  })
})
