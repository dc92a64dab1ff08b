// DuckDB counting statuses, in the settings that were fastest here (docs/performance.md): named columns so that nothing is
// sniffed and only the status is materialised, all threads, no insertion order.
import { DuckDBInstance } from '@duckdb/node-api'

const FIELDS =
  'type time elb client target request_seconds target_seconds response_seconds elb_status target_status received sent ' +
  'request user_agent cipher protocol target_group trace_id domain certificate priority created actions redirect error ' +
  'target_list status_list class reason connection_trace host uri transform node'

const glob = process.argv[2]
const columns = FIELDS.split(' ').map((name) => `'${name}': 'VARCHAR'`)
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
await connection.run('SET preserve_insertion_order = false')
const started = performance.now()
const result = await connection.runAndReadAll(
  `SELECT elb_status, count(*)::INTEGER FROM read_csv('${glob}', delim = ' ', quote = '"', escape = '"', header = false,
   auto_detect = false, parallel = true, columns = {${columns.join(', ')}}) GROUP BY elb_status`,
)
const querySeconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ elbStatus: Object.fromEntries(result.getRows()), querySeconds }))
