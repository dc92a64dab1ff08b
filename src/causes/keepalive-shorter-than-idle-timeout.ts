import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'keepalive-shorter-than-idle-timeout',
    number: 1,
    family: 'A',
    title: 'The target closed an idle connection that the load balancer was just reusing',
    hop: 'application',
    symptoms: ['closed-before-response', 'connect-refused', 'connect-failed', 'response-timeout'],
    decidedBy: 'rows',
    wants: ['app-log', 'proxy-log', 'cloudwatch'],
    since: '0.1.0',
    sources: [
      source.albTroubleshooting,
      source.repost502,
      source.repostApache,
      source.albAttributes,
      source.uvicornSettings,
      source.gunicornSettings,
      source.nodeHttp,
      source.tomcatConnector,
      source.goServer,
      source.pumaConfiguration,
      source.kestrelLimits,
      'https://github.com/spring-projects/spring-boot/pull/25805',
      'https://github.com/jetty/jetty.project/blob/jetty-12.0.x/jetty-core/jetty-server/src/main/java/org/eclipse/jetty/server/AbstractConnector.java',
      'https://github.com/undertow-io/undertow/blob/main/core/src/main/java/io/undertow/Undertow.java',
      'https://httpd.apache.org/docs/2.4/mod/core.html#keepalivetimeout',
      'https://github.com/kartikk221/hyper-express/issues/179',
      'https://github.com/PublicMapping/districtbuilder/pull/448',
      'https://github.com/alphagov/notifications-admin/pull/4826',
      'https://github.com/nodejs/node/pull/62782',
      source.measured(11),
      'lab: keepalive-race-uvicorn',
      'lab: keepalive-race-node',
      'lab: keepalive-race-gunicorn',
      'lab: keepalive-race-node-port',
    ],
  },
  docs: {
    what: "The load balancer keeps connections to each target open and reuses them. The server behind it closes a connection after its own keep-alive timeout of idleness (5 s in uvicorn, 2 s in gunicorn). If that timeout is shorter than the load balancer's idle timeout (60 s), the server is always the one who closes. Now and then the load balancer has just written a request when the FIN arrives. That request is lost.",
    why: 'The load balancer handed the request over, so the request time is there. Then the connection ended before a response head, so it writes 502 with target status `-`. It does not repeat the request. The app never read it, so the app has nothing to log.',
    act: "Make the server's keep-alive timeout longer than the load balancer's idle timeout by 5 to 15 s: 75 s against the default of 60 s. Equal is not longer: 60 s against 60 s still races.",
    inTheLog: {
      row: '`502 -`, target set, times `0.000-0.002 0.000-0.010 -1`, elapsed below 50 ms, small `received_bytes`. Any path, any method. On a Classic load balancer AWS lists the same event under 504.',
      many: 'Among earlier responses of the same node and target, one ended exactly T before the failed request, with the same T in nearly every failure: 5.0 s (uvicorn), 6.0 s (Node 20), 2.0 s (gunicorn). Healthy requests do not show that spike. The failing gaps form a band one round trip wide that ends at T. All targets alike, no relation to deploys or load, worst at low traffic, healthy requests to the same target milliseconds later. The lost share cannot exceed about `w / (e * T)`, w being one round trip: 0.015 % for T = 5 s and 2 ms, unless clients poll with a period close to T (own model).',
    },
    elsewhere: {
      appLog:
        'Usually nothing for the failed `X-Amzn-Trace-Id`: the request never reached the parser. Absence alone is no proof.',
      proxyLog: 'Nothing, when nginx is the target and closed the connection itself.',
      cloudwatch:
        '`HTTPCode_ELB_502_Count` rises. `HTTPCode_Target_5XX_Count` stays flat. `TargetConnectionErrorCount` should stay flat too, as the connection was made long ago.',
    },
    prove: [
      {
        do: "Hold a connection open and time the close: `(printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'; sleep 90) | nc POD 8080`",
        expect: "the server closes after T seconds, T below the load balancer's idle timeout.",
      },
      {
        do: 'Read the idle timeout: `aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN`',
        expect: '`idle_timeout.timeout_seconds` (60 unless changed) is T or more.',
      },
      {
        do: "In the pod: `tcpdump -ni any 'tcp port 8080 and tcp[13] & 5 != 0'`",
        expect: 'FIN from the target, then a request segment from the load balancer, then RST.',
      },
    ],
    fix: [
      {
        where: 'uvicorn',
        set: '`--timeout-keep-alive 75`',
        because: 'The default is 5 s, and it closes exactly then.',
      },
      {
        where: 'gunicorn (gthread, gevent, UvicornWorker)',
        set: '`--keep-alive 75`',
        because:
          "The default is 2 s, and UvicornWorker takes gunicorn's value over uvicorn's 5 s. The sync worker closes after every response and cannot race.",
      },
      {
        where: 'Node (Express, Nest, Next, Koa)',
        set: '`server.keepAliveTimeout = 75_000; server.headersTimeout = 80_000`',
        because:
          'The default is 5 s; recent versions close about 1 s later than they announce (6.0 s measured on 20.20). On old versions headersTimeout must be the larger one.',
      },
      {
        where: 'Spring Boot with Tomcat',
        set: '`server.tomcat.keep-alive-timeout=75s`',
        because:
          "The connector's default is 60 s: equal to the load balancer's, so it still races. A stand-alone `server.xml` ships 20 s.",
      },
      {
        where: 'Jetty, Undertow',
        set: 'Jetty `jetty.http.idleTimeout=75000`; Undertow `NO_REQUEST_TIMEOUT` 75000',
        because: 'The defaults are 30 s and 60 s.',
      },
      {
        where: 'Go net/http',
        set: '`IdleTimeout: 75 * time.Second`',
        because:
          'There is no idle timeout by default, but if it is unset and `ReadTimeout` is 10 s, idle connections close after 10 s as well.',
      },
      { where: 'Puma', set: '`persistent_timeout 75`', because: 'The default is 65 s since 7.0 and 20 s before.' },
      { where: 'Apache httpd', set: '`KeepAliveTimeout 75`', because: 'The default is 5 s.' },
      {
        where: 'nginx or Kestrel as the target',
        set: 'nothing: keep `keepalive_timeout 75s`, `KeepAliveTimeout` 130 s',
        because: 'Their defaults are already longer than 60 s. Raise them when the idle timeout was raised.',
      },
      {
        where: "ALB, when the server's value cannot be set",
        set: '`aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN --attributes Key=idle_timeout.timeout_seconds,Value=4`',
        because:
          "Below the server's keep-alive timeout the load balancer closes first. It also cuts every response that is silent for longer, so only with fast routes.",
      },
    ],
    lookalikes: [
      {
        cause: 'event-loop-stall-resets-idle-connections',
        tell: 'The failures of one target end at the same instant and their gap since the last use is far below the keep-alive timeout; here each ends on its own, at that timeout.',
      },
      {
        cause: 'proxy-reload-closes-connections',
        tell: 'Failures come in bursts at reload times with gaps of any length; here the gap is the same everywhere and they drizzle.',
      },
      {
        cause: 'proxy-sheds-idle-connections',
        tell: 'Begins above a level of open connections, gaps are mixed; here failures are worst at low traffic.',
      },
      {
        cause: 'worker-killed-mid-request',
        tell: 'Target time is spread over seconds and several failures of a target share their end; here target time is below 10 ms.',
      },
      {
        cause: 'deregistration-race',
        tell: "Only around the last sighting of a target address; here at any time of a target's life.",
      },
      { cause: 'malformed-response', tell: 'One path fails every time; here any path fails rarely.' },
    ],
    settledBy: [
      "the server's keep-alive timeout, beside the load balancer's idle timeout",
      '`TargetConnectionErrorCount` at 0 during the failures',
      "the app's log, joined on `X-Amzn-Trace-Id`: no line for the failed requests",
    ],
    folklore: [
      {
        claim: '502 means the app crashed',
        truth:
          'A crash leaves target times above zero and companions that end at the same instant. A single 502 with a target time of 0.000 is far more often a stale connection.',
      },
      {
        claim: 'Health checks pass, so the target is fine',
        truth: 'Each health check opens a new connection and closes it. It cannot see this race.',
      },
      {
        claim: 'A keep-alive of 60 s is enough for an idle timeout of 60 s',
        truth: 'Equal timers race. Leave at least 5 s.',
      },
      {
        claim: 'We fixed keep-alive, the 502s at 1 % must be AWS',
        truth:
          'The race alone cannot lose 1 % of ordinary traffic (see the ceiling above). Something else is there too: a blocked loop, a shedding proxy, recycled workers.',
      },
    ],
  },
})
