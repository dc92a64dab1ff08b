import { wafFailsOpen } from '../fixes/edge-fixes.ts'
import { shopPod, visitors } from './parts.ts'
import { defineScenario } from './scenario.ts'

export const wafError = defineScenario({
  id: 'waf-error',
  title: 'The web ACL does not answer',
  story: [
    'Every request is shown to a web ACL first; scanners get their 403 there.',
    'Then it hangs: after a while each request ends in 500, action waf-failed, with a reason.',
    'Later it is gone: 500 at once, with another reason.',
    'The application has capacity and nothing to do.',
    '`waf.fail_open.enabled` is false, as by default: nobody decided that, and it decides.',
  ],
  scaled: [
    'the stand-in waits 1 s for a connection to the web ACL and 2 s for its answer; AWS does not say how long it waits',
  ],
  application: 'guarded',
  targetType: 'ip',
  nodes: 2,
  loadBalancer: { waf: { service: 'waf' } },
  services: [{ name: 'waf', program: 'waf.mjs' }],
  workload: { name: 'guarded', replicas: 2, template: shopPod() },
  traffic: { seconds: 20, streams: [visitors(5)] },
  faults: [
    { atSeconds: 6, what: 'the web ACL hangs', apply: (lab) => lab.services.pause('waf') },
    { atSeconds: 13, what: 'the web ACL is gone', apply: (lab) => lab.services.end('waf') },
  ],
  expect: { atLeast: { 'waf-error': 20 } },
  fixes: { 'fail-open': wafFailsOpen },
})
