import { defineFormat } from './define-format.ts'

/** A failed TLS handshake with a client is seen here only: it has no request, so no row in the access log. */
export const albConnection = defineFormat({
  id: 'alb-connection',
  title: 'Application Load Balancer connection log',
  source:
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html#connection-log-entry-format',
  rowIs: 'one attempt of a client to connect',
  leastFields: 12,
  required: ['timestamp'],
  exportNeeds: ['listener_port', 'tls_verify_status'],
  fields: [
    { name: 'timestamp', kind: 'time', signature: /^\d{4}-/, meaning: 'When the connection was made or failed, UTC.' },
    { name: 'client_ip', kind: 'address', signature: /[.:]/, meaning: 'Address of the client.' },
    { name: 'client_port', kind: 'port', signature: /^\d+$/, meaning: 'Port of the client.' },
    { name: 'listener_port', kind: 'port', signature: /^\d+$/, meaning: 'Port of the listener.' },
    { name: 'tls_protocol', kind: 'text', meaning: 'TLS version; `-` for plain HTTP.' },
    { name: 'tls_cipher', kind: 'text', meaning: 'TLS cipher; `-` for plain HTTP.' },
    {
      name: 'tls_handshake_latency',
      kind: 'seconds',
      signature: /^(\d+(\.\d+)?|-)$/,
      meaning: 'Seconds that the handshake took; `-` for plain HTTP or a failed handshake.',
    },
    { name: 'leaf_client_cert_subject', kind: 'text', quoted: true, meaning: 'Subject of the client certificate.' },
    { name: 'leaf_client_cert_validity', kind: 'text', meaning: 'NotBefore and NotAfter of the client certificate.' },
    { name: 'leaf_client_cert_serial_number', kind: 'text', meaning: 'Serial number of the client certificate.' },
    { name: 'tls_verify_status', kind: 'text', meaning: 'Success, or Failed: and a code; `-` for plain HTTP.' },
    { name: 'conn_trace_id', kind: 'text', meaning: "The connection: joins with the access log's conn_trace_id." },
    { name: 'tls_keyexchange', kind: 'text', since: '2025', meaning: 'Key exchange of the handshake.' },
    { name: 'elb', kind: 'text', since: '2026', meaning: 'The load balancer, as app/NAME/ID.' },
    { name: 'ip_address', kind: 'address', since: '2026', meaning: 'Address of the load balancer node.' },
  ],
  samples: [
    {
      title: 'a successful handshake with a client certificate',
      line: '2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "CN=amazondomains.com,O=endEntity,L=Seattle,ST=Washington,C=US" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_5d2e8a3b8a5b4a7d9d8cf0e2b1a6c3f4',
      fields: 12,
      expect: {
        client_ip: '203.0.113.1',
        listener_port: '443',
        tls_handshake_latency: '4.036',
        leaf_client_cert_subject: 'CN=amazondomains.com,O=endEntity,L=Seattle,ST=Washington,C=US',
        tls_verify_status: 'Success',
      },
    },
    {
      title: 'a failed handshake, IPv6',
      line: '2024-10-04T17:05:15.514108Z 2001:db8::7 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 - "-" - - Failed:ClientCertUntrusted TID_5d2e8a3b8a5b4a7d9d8cf0e2b1a6c3f4',
      fields: 12,
      expect: {
        client_ip: '2001:db8::7',
        tls_handshake_latency: undefined,
        tls_verify_status: 'Failed:ClientCertUntrusted',
      },
    },
    {
      title: 'plain HTTP, with the three newer fields and one more',
      line: '2026-10-04T17:05:15.514108Z 203.0.113.1 36280 80 - - - "-" - - - TID_5d2e8a3b8a5b4a7d9d8cf0e2b1a6c3f4 - app/shop/7e13d860e39e867e 10.28.0.11 new',
      fields: 16,
      expect: { listener_port: '80', elb: 'app/shop/7e13d860e39e867e', ip_address: '10.28.0.11' },
    },
    {
      title: 'a row cut in the middle of the subject',
      line: '2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "CN=amazondom',
      fields: 8,
      expect: { client_port: '36280' },
      isCut: true,
    },
  ],
})
