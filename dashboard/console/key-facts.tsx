import type { ListedDevice } from '../core/connection/registry.ts'
import type { Translator } from '../core/text/translate.ts'
import { useCity, useText } from '../ui/core-context.tsx'

/** A moment of the registry, as people read it. */
export function momentText(at: string, text: Translator, nowMs: number): string {
  return `${text.moment(Date.parse(at), nowMs)} ${text.zone(Date.parse(at))}`
}

/** What a device may sign in with, and when it last did. */
export function KeyFactList({ device }: { device: ListedDevice }) {
  const text = useText()
  const { nowMs } = useCity().moment
  const time = (at: string) => momentText(at, text, nowMs)
  const used = (at: string | null) => (at === null ? text.t('keys.unused') : text.t('keys.used', { time: time(at) }))
  const { keyCreatedAt, oldKey, revokedAt, certificatesFrom } = device
  const facts: (readonly [name: string, title: string, words: string])[] = []
  if (revokedAt !== null) {
    facts.push(['key', text.t('keys.key'), text.t('keys.revoked', { time: time(revokedAt) })])
  } else if (keyCreatedAt !== null) {
    const made = text.t('keys.made', { time: time(keyCreatedAt) })
    facts.push(['key', text.t('keys.key'), `${made} · ${used(device.keyUsedAt)}`])
  }
  if (oldKey !== null) {
    const until = text.t('keys.until', { time: time(oldKey.until) })
    facts.push(['old-key', text.t('keys.old'), `${until} · ${used(oldKey.usedAt)}`])
  }
  if (device.certificateUsedAt !== null || certificatesFrom !== null) {
    const refused = certificatesFrom === null ? '' : ` · ${text.t('keys.from', { time: time(certificatesFrom) })}`
    facts.push(['certificate', text.t('keys.certificate'), used(device.certificateUsedAt) + refused])
  }
  return (
    <dl className="device-facts key-facts">
      {facts.map(([name, title, words]) => (
        <div key={name} data-fact={name}>
          <dt>{title}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  )
}
