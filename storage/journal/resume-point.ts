import { readConsumed, readTailHint } from './hints.ts'
import { listSegments, newestTail, type SegmentFile, segmentPath } from './segment.ts'

/** Numbers that are left out behind a damaged end, far more than two seconds can have used up. */
const numbersLeftOut = 1_000_000

export interface ResumePoint {
  file: SegmentFile
  /** Readings in all batches before the first of the file, for a file that has no beginning of its own yet. */
  startCum: number
  /** The end of what was written before is gone: the file is a new one. */
  damaged: boolean
}

/**
 * Where a writer goes on: in the newest segment, or, where its end is not what was written, in a new one behind it. No
 * number is given a second time, since ingest would take what bears it for read.
 */
export function findResumePoint(dir: string): ResumePoint {
  const segments = listSegments(dir)
  const newest = segments.at(-1)
  const { tail = { seq: 0, cum: 0 }, damaged } = newestTail(dir)
  const hint = readTailHint(dir)
  const reached = Math.max(hint.seq, readConsumed(dir))
  if (!damaged && tail.seq >= reached) {
    const file = newest ?? { path: segmentPath(dir, 1), firstSeq: 1 }
    return { file, startCum: tail.cum, damaged }
  }
  return {
    file: segmentBehind(dir, Math.max(tail.seq, reached)),
    startCum: Math.max(tail.cum, hint.cum),
    damaged: true,
  }
}

/** A new segment behind this number and behind every file that is there. */
export function segmentBehind(dir: string, seq: number): SegmentFile {
  const newest = listSegments(dir).at(-1)?.firstSeq ?? 0
  const firstSeq = Math.max(seq, newest) + numbersLeftOut
  return { path: segmentPath(dir, firstSeq), firstSeq }
}
