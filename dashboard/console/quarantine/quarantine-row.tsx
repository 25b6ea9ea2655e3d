import { useState } from 'react'
import type { QuarantineItem } from '../../../contract/http/pipeline.ts'
import { answer } from '../../core/connection/answers.ts'
import { hexDump } from '../../core/kit/hex-dump.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'

/** One refused message; opened, its bytes as text and hex. */
export function QuarantineEntry({ item, mending }: { item: QuarantineItem; mending: boolean }) {
  const core = useCore()
  const text = useText()
  const [result, setResult] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const atMs = Date.parse(item.at)
  const reasonWords = (reason: string): string => {
    const key = `reject.${reason}`
    return text.has(key) ? text.t(key) : reason
  }

  async function retry(): Promise<void> {
    setBusy(true)
    try {
      const { outcome, reason } = await core.rest.send(
        'POST',
        `/api/v1/quarantine/${item.id}/retry`,
        undefined,
        answer('retryResult'),
      )
      setResult(text.t(`retry.${outcome}`, { reason: reasonWords(reason ?? '') }))
    } catch (error) {
      setResult(failureText(error, text))
    } finally {
      setBusy(false)
    }
  }

  return (
    <details className="quarantine-row">
      <summary>
        <span className="quarantine-when">
          {text.date(atMs)} {text.time(atMs)} {text.zone(atMs)}
        </span>
        <strong className="quarantine-reason">{reasonWords(item.reason)}</strong>
        <span className="quarantine-topic">{item.topic}</span>
        <span className="quarantine-detail">{item.detail}</span>
      </summary>
      <div className="quarantine-open">
        <p className="faint">
          {text.t('quarantine.facts', {
            bytes: text.number(item.bytes),
            n: text.number(item.readings),
            device: item.deviceId ?? '—',
          })}
          {item.retriedAt !== null &&
            ` · ${text.t('quarantine.retriedAt', { time: text.time(Date.parse(item.retriedAt)), zone: text.zone(Date.parse(item.retriedAt)) })}`}
        </p>
        <pre>{item.text}</pre>
        <pre className="hex">{hexDump(item.base64)}</pre>
        {mending && (
          <p className="quarantine-retry">
            <button type="button" className="small" disabled={busy || result !== null} onClick={() => void retry()}>
              {text.t('quarantine.retry')}
            </button>
            {result !== null && <span role="status">{result}</span>}
          </p>
        )}
      </div>
    </details>
  )
}
