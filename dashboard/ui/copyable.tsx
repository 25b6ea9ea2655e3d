import { useRef, useState } from 'react'
import { useText } from './core-context.tsx'

/** Copies a text; also on a page without TLS, where browsers keep the clipboard from scripts. */
async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '')
    return true
  } catch {
    getSelection()?.selectAllChildren(element)
    return document.execCommand('copy')
  }
}

/** A secret, or a command with one, that is shown once. */
export function Copyable({ name, label, words }: { name: string; label: string; words: string }) {
  const text = useText()
  const code = useRef<HTMLElement>(null)
  const [copied, setCopied] = useState(false)
  return (
    <div className="copyable">
      <span className="copyable-label">{label}</span>
      <code ref={code} data-secret={name}>
        {words}
      </code>
      <button
        type="button"
        className="small"
        onClick={() => {
          if (code.current !== null) void copyText(code.current).then(setCopied)
        }}
      >
        {text.t(copied ? 'key.copied' : 'key.copy')}
      </button>
    </div>
  )
}
