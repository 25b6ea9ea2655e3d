import { useEffect } from 'react'
import { useCore, useObservable, useText } from './core-context.tsx'

/** While it stands on a page, somebody relies on hearing: it says when nothing could be heard, and until when. */
export function SoundPill() {
  const { sound } = useCore()
  const text = useText()
  const { wanted, on, silentUntilMs } = useObservable(sound)
  useEffect(() => sound.listen(), [sound])
  if (!wanted) return null
  if (!on) {
    return (
      <button type="button" className="pill sound-pill" data-sound="off" onClick={sound.resume}>
        {text.t('sound.off')}
      </button>
    )
  }
  if (silentUntilMs === null) return null
  return (
    <span className="pill sound-pill" data-sound="silent" role="status">
      {text.t('sound.silent', { time: text.time(silentUntilMs), zone: text.zone(silentUntilMs) })}
    </span>
  )
}
