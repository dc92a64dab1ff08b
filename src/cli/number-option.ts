import { AppError } from '../core/errors.ts'
import type { CommandContext } from './command.ts'

/** An option that is a number within bounds; undefined when it was not given. */
export function numberOption(
  options: CommandContext['options'],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const given = options[name]
  if (given === undefined) return undefined
  const value = Number(given)
  if (String(given).trim() === '' || !Number.isFinite(value) || value < least || value > most)
    throw new AppError('USAGE', {
      what: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(given)}: write a number from ${least} to ${most}`,
    })
  return value
}

/** The same as a property to spread: absent when not given. */
export function optionalNumber<Key extends string>(
  options: CommandContext['options'],
  name: string,
  key: Key,
  least: number,
  most: number,
): Partial<Record<Key, number>> {
  const value = numberOption(options, name, least, most)
  return value === undefined ? {} : ({ [key]: value } as Record<Key, number>)
}
