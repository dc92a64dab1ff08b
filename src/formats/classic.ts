import { defineFormat } from './define-format.ts'

const TIMES_ABSENT = ['-1', '-'] as const

export const classic = defineFormat({
  id: 'classic',
  title: 'Classic Load Balancer access log',
  source:
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html#access-log-entry-format',
  rowIs: 'one request, or one connection of a TCP or SSL listener',
  leastFields: 12,
  required: ['time', 'elb'],
  exportNeeds: ['backend:port', 'elb_status_code', 'backend_status_code', 'request_processing_time'],
  fields: [
    {
      name: 'time',
      kind: 'time',
      signature: /^\d{4}-/,
      meaning: 'When the load balancer received the request, UTC (an ALB logs the time of the response).',
    },
    { name: 'elb', kind: 'text', signature: /^[^/:]+$/, meaning: 'Name of the load balancer.' },
    { name: 'client:port', kind: 'endpoint', keys: ['client_port'], signature: /:|^-$/, meaning: 'Who connected.' },
    {
      name: 'backend:port',
      kind: 'endpoint',
      keys: ['backend_port'],
      signature: /:|^-$/,
      meaning:
        'The registered instance. `-`: none was available, or it closed before it answered, or it was silent for the idle timeout.',
    },
    {
      name: 'request_processing_time',
      kind: 'seconds',
      absent: TIMES_ABSENT,
      signature: /^(-?\d|-$|nan$)/i,
      meaning: 'Seconds from receiving the request until it was sent to the instance. -1: it was never sent.',
    },
    {
      name: 'backend_processing_time',
      kind: 'seconds',
      absent: TIMES_ABSENT,
      signature: /^(-?\d|-$|nan$)/i,
      meaning: 'Seconds from sending until the instance began its response headers. -1: no answer.',
    },
    {
      name: 'response_processing_time',
      kind: 'seconds',
      absent: TIMES_ABSENT,
      signature: /^(-?\d|-$|nan$)/i,
      meaning: 'Seconds from receiving the response headers until sending to the client began. -1: no answer.',
    },
    {
      name: 'elb_status_code',
      kind: 'status',
      signature: /^(\d{3}|-)$/,
      meaning: 'The status the client got; `-` for TCP and SSL listeners.',
    },
    {
      name: 'backend_status_code',
      kind: 'status',
      absent: ['-', '0'],
      signature: /^(\d{3}|-|0)$/,
      meaning: 'The status the instance sent. `-` or 0: it never answered.',
    },
    { name: 'received_bytes', kind: 'integer', meaning: 'Bytes of the request body (TCP: of the connection).' },
    { name: 'sent_bytes', kind: 'integer', meaning: 'Bytes of the response body (TCP: of the connection).' },
    {
      name: 'request',
      kind: 'text',
      quoted: true,
      absent: ['-', '- - - '],
      meaning: 'Method, address and version; `- - - ` for TCP and SSL listeners.',
    },
    { name: 'user_agent', kind: 'text', quoted: true, meaning: 'What the client says it is.', since: '2014' },
    { name: 'ssl_cipher', kind: 'text', meaning: 'TLS cipher between client and load balancer.', since: '2014' },
    { name: 'ssl_protocol', kind: 'text', meaning: 'TLS version between client and load balancer.', since: '2014' },
  ],
  samples: [
    {
      title: 'a normal row',
      line: '2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
      fields: 15,
      expect: {
        elb: 'my-loadbalancer',
        backend_processing_time: '0.001048',
        elb_status_code: '200',
        ssl_cipher: undefined,
      },
    },
    {
      title: 'no backend: its status is 0, which means absent',
      line: '2019-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 - -1 -1 -1 503 0 0 0 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
      fields: 15,
      expect: { 'backend:port': undefined, elb_status_code: '503', backend_status_code: undefined },
    },
    {
      title: 'a TCP listener has no status and no request',
      line: '2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -',
      fields: 15,
      expect: { elb_status_code: undefined, request: undefined, sent_bytes: '305' },
    },
    {
      title: 'an escaped quote',
      line: '2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://www.example.com:443/?q=\\x22a\\x22 HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2',
      fields: 15,
      expect: { request: 'GET https://www.example.com:443/?q="a" HTTP/1.1', ssl_protocol: 'TLSv1.2' },
    },
    {
      title: 'IPv6 without brackets',
      line: '2015-05-13T23:39:43.945958Z my-loadbalancer 2001:db8:6:1::12:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
      fields: 15,
      expect: { 'client:port': '2001:db8:6:1::12:2817' },
    },
    {
      title: 'an old row of 12 fields',
      line: '2014-02-15T23:39:43.945958Z my-test-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1"',
      fields: 12,
      expect: { elb: 'my-test-loadbalancer', user_agent: undefined },
    },
    {
      title: 'a longer row from the future',
      line: '2030-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - - "new" 7',
      fields: 17,
      expect: { elb_status_code: '200' },
    },
    {
      title: 'a row cut before the statuses',
      line: '2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073',
      fields: 5,
      expect: { elb: 'my-loadbalancer' },
      isCut: true,
    },
  ],
})
