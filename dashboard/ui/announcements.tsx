import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { type Announcement, createAnnouncer } from '../core/kiosk/announcer.ts'
import type { Translator } from '../core/text/translate.ts'
import { useCity, useCore, useText } from './core-context.tsx'

function wordsOf(said: Announcement, text: Translator): string {
  const sentences = [...said].map(([turn, devices]) => {
    const [first] = devices
    return devices.length === 1 && first !== undefined
      ? text.t(`announce.one.${turn}`, { name: first.name })
      : text.t(`announce.many.${turn}`, { n: text.number(devices.length) })
  })
  return sentences.join('; ')
}

/** What changed in the city, for screen readers, on every page: politely, and at most once in 5 s. */
export function Announcements() {
  const { clock } = useCore()
  const text = useText()
  const city = useCity()
  const announcer = useMemo(() => createAnnouncer({ monotonicMs: clock.monotonicMs }), [clock])
  const [told, setTold] = useState({ turn: 0, words: '' })
  useEffect(() => {
    const said = announcer.look(city)
    if (said !== undefined) setTold(({ turn }) => ({ turn: turn + 1, words: wordsOf(said, text) }))
  }, [announcer, city, text])
  useLayoutEffect(() => {
    if (told.turn > 0) announcer.heard()
  }, [announcer, told])
  return (
    <p className="hidden-text announcements" role="status">
      {/* The same words again are another element: only what changes in the page is heard. */}
      <span key={told.turn}>{told.words}</span>
    </p>
  )
}
