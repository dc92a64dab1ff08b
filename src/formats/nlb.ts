import { defineFormat } from './define-format.ts'

/** Counted and named only: a row has no HTTP status, so it cannot show who answered. */
export const nlb = defineFormat({
  id: 'nlb',
  title: 'Network Load Balancer access log (TLS listeners)',
  source:
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html#access-log-entry-format',
  rowIs: 'one TLS connection, without an HTTP status',
  leastFields: 16,
  required: ['time', 'elb'],
  fields: [
    { name: 'type', kind: 'text', signature: /^tls$/, meaning: 'Kind of listener: tls.' },
    { name: 'version', kind: 'text', signature: /^\d+\.\d+$/, meaning: 'Version of the row: 1.0 or 2.0.' },
    {
      name: 'time',
      kind: 'time',
      signature: /^\d{4}-/,
      meaning: 'When the connection ended, UTC (no Z, whole seconds).',
    },
    { name: 'elb', kind: 'text', signature: /\//, meaning: 'The load balancer, as net/NAME/ID.' },
    { name: 'listener', kind: 'text', meaning: 'Resource id of the TLS listener.' },
    { name: 'client:port', kind: 'endpoint', keys: ['client_port'], meaning: 'Who connected.' },
    {
      name: 'destination:port',
      kind: 'endpoint',
      keys: ['destination_port'],
      meaning: 'Where the client connected to: the listener or VPC endpoint. Not the target.',
    },
    { name: 'connection_time', kind: 'milliseconds', meaning: 'Milliseconds from start to end of the connection.' },
    {
      name: 'tls_handshake_time',
      kind: 'milliseconds',
      meaning: 'Milliseconds that the TLS handshake took; `-`: it failed.',
    },
    { name: 'received_bytes', kind: 'integer', meaning: 'Bytes from the client after decryption.' },
    { name: 'sent_bytes', kind: 'integer', meaning: 'Bytes to the client before encryption.' },
    { name: 'incoming_tls_alert', kind: 'text', meaning: 'TLS alert the client sent.' },
    { name: 'chosen_cert_arn', kind: 'text', meaning: 'Certificate shown to the client.' },
    { name: 'chosen_cert_serial', kind: 'text', meaning: 'Reserved; always `-`.' },
    { name: 'tls_cipher', kind: 'text', meaning: 'Cipher suite.' },
    { name: 'tls_protocol_version', kind: 'text', meaning: 'tlsv10 to tlsv13.' },
    { name: 'tls_keyexchange', kind: 'text', keys: ['tls_named_group'], meaning: 'Key exchange (was: named group).' },
    { name: 'domain_name', kind: 'text', meaning: 'Host name of the TLS handshake (SNI), URL-encoded.' },
    { name: 'alpn_fe_protocol', kind: 'text', since: '2020-05', meaning: 'Protocol agreed with the client.' },
    { name: 'alpn_be_protocol', kind: 'text', since: '2020-05', meaning: 'Protocol agreed with the target.' },
    {
      name: 'alpn_client_preference_list',
      kind: 'text',
      quoted: true,
      since: '2020-05',
      meaning: 'Protocols the client offered: several quoted words in one field, cut at 256 bytes.',
    },
    {
      name: 'tls_connection_creation_time',
      kind: 'time',
      since: '2022',
      meaning: 'When the connection began, UTC.',
    },
  ],
  samples: [
    {
      title: 'a normal row of 22 fields; several quoted words are one field',
      line: 'tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 - ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com h2 h2 "h2","http/1.1" 2020-04-01T08:51:20',
      fields: 22,
      expect: {
        time: '2020-04-01T08:51:42',
        connection_time: '5',
        alpn_client_preference_list: 'h2","http/1.1',
        tls_connection_creation_time: '2020-04-01T08:51:20',
      },
    },
    {
      title: 'an old row, version 1.0, 18 fields',
      line: 'tls 1.0 2018-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 - ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com',
      fields: 18,
      expect: { version: '1.0', alpn_fe_protocol: undefined },
    },
    {
      title: 'a failed handshake, IPv6 without brackets',
      line: 'tls 2.0 2024-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 2001:db8::7:51341 172.100.100.185:443 5 - 0 0 - - - - - - - - - - -',
      fields: 22,
      expect: { 'client:port': '2001:db8::7:51341', tls_handshake_time: undefined },
    },
    {
      title: 'a longer row from the future',
      line: 'tls 3.0 2030-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - - - ECDHE-RSA-AES128-SHA tlsv12 - - - - - 2030-04-01T08:51:20 new newer',
      fields: 24,
      expect: { version: '3.0' },
    },
    {
      title: 'a row cut in the middle',
      line: 'tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100',
      fields: 7,
      expect: { listener: 'g3d4b5e8bb8464cd' },
      isCut: true,
    },
  ],
})
