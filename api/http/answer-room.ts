import { Refusal } from '../../contract/http/refusal.ts'

/** Room in memory for answers that are large while they are made and read. */
export interface AnswerRoom {
  /** Waits for room for so much; @throws Refusal `busy` when there is none for too long. */
  take(who: string, size: number): Promise<TakenRoom>
}

export interface TakenRoom {
  /** It has turned out to be only so much. */
  shrink(size: number): void
  leave(): void
}

export interface AnswerRoomParts {
  /** Of all answers together. */
  most: number
  /** What is larger than this is large: of one caller there is one at a time. */
  large: number
  patienceMs?: number
}

interface Waiting {
  who: string
  size: number
  enter(): void
}

const defaultPatienceMs = 10_000

/**
 * Small answers go in while there is room, past large ones that wait. Nobody has more than one large one at a time, so
 * that whoever reads slowly keeps himself waiting first.
 */
export function createAnswerRoom({ most, large, patienceMs = defaultPatienceMs }: AnswerRoomParts): AnswerRoom {
  const haveLarge = new Set<string>()
  const waiting = new Set<Waiting>()
  let used = 0

  function fits({ who, size }: Waiting): boolean {
    return used + size <= most && !(size > large && haveLarge.has(who))
  }

  function letIn(): void {
    for (const one of waiting) if (fits(one)) enter(one)
  }

  function enter(one: Waiting): void {
    waiting.delete(one)
    used += one.size
    if (one.size > large) haveLarge.add(one.who)
    one.enter()
  }

  function placeOf({ who, size }: Waiting): TakenRoom {
    let held = size
    let isLarge = size > large
    const shrink = (to: number) => {
      used -= held - Math.min(held, to)
      held = Math.min(held, to)
      if (isLarge && held <= large) {
        isLarge = false
        haveLarge.delete(who)
      }
      letIn()
    }
    return { shrink, leave: () => shrink(0) }
  }

  return {
    take: (who, size) =>
      new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined
        const one: Waiting = {
          who,
          size: Math.min(size, most),
          enter() {
            clearTimeout(timer)
            resolve(placeOf(one))
          },
        }
        if (fits(one)) return enter(one)
        waiting.add(one)
        timer = setTimeout(() => {
          waiting.delete(one)
          reject(
            new Refusal('busy', 'Too much is being answered at present; ask for less, or later.', { retryAfterS: 5 }),
          )
        }, patienceMs)
      }),
  }
}
