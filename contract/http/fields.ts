import { z } from 'zod'

/** Fields that many shapes of the API have. */

export const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
/** RFC 3339 with zone, or ms since 1970. */
export const instant = z.union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{12,14}$/)])
export const latitude = z.number().min(-90).max(90)
export const longitude = z.number().min(-180).max(180)
export const count = z.int().min(0)

/** Of a list that is asked for in pages. */
export const pageSize = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual)

/** Written by a person for people, on one line: what moves the text around it, or shows nothing, is no part of a name. */
export function plainText(least: number, most: number) {
  return z
    .string()
    .trim()
    .min(least)
    .max(most)
    .refine((text) => !unfit.test(text), 'has characters that cannot be shown, or that turn the direction of text')
    .refine((text) => text === '' || seen.test(text), 'needs at least one character that can be seen')
}

/** Controls, halves of characters, line and paragraph separators, and Bidi_Control (UAX #9). */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
/** A letter, digit, sign or symbol that is drawn by itself; U+2800 is a blank of Braille. */
const seen = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u
