import type { ReactNode } from 'react'

/** One figure with what it means. */
export function Figure(props: { title: string; explain: string; alarm?: boolean; children: ReactNode }) {
  return (
    <li className="figure" data-alarm={props.alarm ?? false}>
      <span className="figure-title">{props.title}</span>
      <strong className="figure-value">{props.children}</strong>
      <small>{props.explain}</small>
    </li>
  )
}
