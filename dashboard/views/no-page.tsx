import { Link, useLocation } from 'wouter'
import { screenIds } from '../../contract/http/pages.ts'
import { screenPath } from '../core/wall/views.ts'
import { useText } from '../ui/core-context.tsx'

/** An address of ours at which there is nothing: the wall is not shown in its place, for somebody may take it for what was asked. */
export function NoPage() {
  const text = useText()
  const [path] = useLocation()
  return (
    <section className="no-page">
      <h1>{text.t('page.none')}</h1>
      <p>{path}</p>
      <nav aria-label={text.t('wall.screens')}>
        {screenIds.map((id) => (
          <Link key={id} href={screenPath(id, '')}>
            {text.t(`screen.${id}`)}
          </Link>
        ))}
      </nav>
    </section>
  )
}
