import { defineCause } from './define-cause.ts'
import { source } from './sources.ts'

export default defineCause({
  meta: {
    id: 'lambda-limits',
    number: 53,
    family: 'H',
    title: 'A Lambda target failed, was throttled or passed a limit',
    hop: 'application',
    symptoms: ['lambda-failed'],
    decidedBy: 'row',
    wants: ['cloudwatch', 'app-log'],
    since: '0.1.0',
    sources: [source.albTroubleshooting, source.albLogs, source.albLambda, source.albMetrics],
  },
  docs: {
    what: 'The target group holds a Lambda function. The function threw, timed out or returned something that is no response; it was throttled or not permitted; or a body was over 1 MB.',
    why: 'AWS documents 502 for most, 413 for a request over 1 MB, 504 for a connection timeout to the service. The reason code in the row says which.',
    act: "Read `error_reason`. `LambdaUnhandled` and `LambdaInvalidResponse` are the function's own; `LambdaThrottling` is concurrency; `LambdaAccessDenied` is the resource policy; `LambdaConnection*` and `LambdaService*` are AWS's side.",
    inTheLog: {
      row: '502, 504 or 413, target `-`, `error_reason` `Lambda*`; the times may be 0 or more.',
      many: 'Throttling: above one number of parallel requests. Too large: one path or user. Unhandled: from a release on.',
    },
    elsewhere: {
      appLog: "The function's log group: a trace, `Task timed out after N seconds`, or nothing when it was not called.",
      proxyLog: 'None.',
      cloudwatch:
        '`LambdaUserError` (the function and its configuration) or `LambdaInternalError` (AWS); `Throttles`, `Errors`, `Duration` in `AWS/Lambda`.',
    },
    prove: [
      { do: '`aws logs tail /aws/lambda/NAME --since 1h`', expect: "the trace or the time-out at the row's time." },
      {
        do: '`aws lambda get-function-concurrency --function-name NAME`',
        expect: 'a reserved concurrency at the level where throttling begins.',
      },
      {
        do: '`aws lambda get-policy --function-name NAME`',
        expect: '`elasticloadbalancing.amazonaws.com` allowed for that target group.',
      },
    ],
    fix: [
      {
        where: 'Function',
        set: '`{"statusCode": 200, "headers": {...}, "body": "...", "isBase64Encoded": false}`',
        because:
          'Anything else is `LambdaInvalidResponse`. With multi-value headers enabled the key is `multiValueHeaders`.',
      },
      { where: 'Function', set: 'bodies through S3 with a signed URL', because: '1 MB each way is fixed.' },
      {
        where: 'Lambda',
        set: 'reserved or provisioned concurrency; a timeout above the slowest call',
        because: 'Throttling and time-outs are configuration.',
      },
    ],
    lookalikes: [
      { cause: 'application-error', tell: '`502 502` with a target: a function does not appear as an address.' },
      { cause: 'no-registered-targets', tell: '503 and no reason: the group is empty.' },
    ],
    settledBy: [
      'nothing more is needed for the class: the reason is in the row',
      "the function's log for its own errors",
    ],
  },
})
