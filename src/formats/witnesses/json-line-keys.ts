export const jsonLineKeys = ['time', 'method', 'path', 'status', 'duration', 'client', 'level', 'message'] as const
export type JsonLineKey = (typeof jsonLineKeys)[number]
/** Which key of a record holds what, where the usual names do not find it. Dots go into objects. */
export type JsonKeys = Partial<Record<JsonLineKey, string>>
