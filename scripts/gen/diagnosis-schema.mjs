/** schema/diagnosis.schema.json: the published JSON Schema of a diagnosis, from src/report/schema.ts. */
export async function diagnosisSchema(load) {
  const { diagnosisJsonSchema } = await load('report/schema')
  return { 'schema/diagnosis.schema.json': `${JSON.stringify(diagnosisJsonSchema(), null, 2)}\n` }
}
