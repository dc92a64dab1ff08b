import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'nginx-upstream-header-too-big',
    number: 40,
    family: 'F',
    title: "The app's response head did not fit nginx's buffer",
    hop: 'proxy',
    symptoms: ['target-answered'],
    decidedBy: 'witness',
    wants: ['proxy-log', 'app-log'],
    since: '0.1.0',
    sources: [source.nginxProxy, source.nginxUpstreamSource, 'lab: nginx-upstream-header-too-big'],
  },
  docs: {
    what: 'nginx reads the response head into one buffer of `proxy_buffer_size`: 4 or 8 KB by default, one memory page. Cookies, tokens or a long policy header made it larger.',
    why: 'nginx cannot use the response and answers 502; the load balancer passes that on.',
    act: '`proxy_buffer_size 16k`, with the busy buffers to match. Then ask why the head is that large: 32 KB is the end at the load balancer.',
    inTheLog: {
      row: '`502 502`, target set, target time as usual for that path.',
      many: 'One path (often login) or one user, every time.',
    },
    elsewhere: {
      appLog: 'A success for the same trace id.',
      proxyLog: '`upstream sent too big header while reading response header from upstream`.',
      cloudwatch: '`HTTPCode_Target_5XX_Count`.',
    },
    prove: [
      { do: "`kubectl logs PROXY_POD | grep 'too big header'`", expect: 'lines with that path.' },
      { do: '`curl -sD- -o /dev/null http://POD_IP:PORT/PATH | wc -c`, past nginx', expect: 'more than 4096 or 8192.' },
    ],
    fix: [
      {
        where: 'nginx',
        set: '`proxy_buffer_size 16k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;`',
        because: 'The head must fit the first buffer.',
      },
      { where: 'ingress-nginx', set: '`nginx.ingress.kubernetes.io/proxy-buffer-size: 16k`', because: 'The same.' },
      { where: 'App', set: 'smaller cookies', because: 'They go with every request as well.' },
    ],
    lookalikes: [
      { cause: 'response-headers-too-large', tell: '`502 -`, above 32 KB, without a proxy that refuses first.' },
      { cause: 'application-error', tell: 'The app has a 5XX in its log; here a success.' },
      { cause: 'nginx-upstream-prematurely-closed', tell: 'Other sentence in the error log, and any path.' },
    ],
    settledBy: ["`too big header` in nginx's error log"],
  },
})
