import { Link, useLocation } from 'wouter'
import { viewIds } from '../../contract/http/pages.ts'
import { viewPath } from '../core/wall/views.ts'
import { useText } from '../ui/core-context.tsx'

/** An address of ours at which there is nothing: the wall is not shown in its place, for somebody may take it for what was asked. */
export function NoPage() {
  const text = useText()
  const [path] = useLocation()
  return (
    <section className="no-page">
      <h1>{text.t('page.none')}</h1>
      <p>{path}</p>
      <nav aria-label={text.t('wall.views')}>
        {viewIds.map((id) => (
          <Link key={id} href={viewPath(id, '')}>
            {text.t(`view.${id}`)}
          </Link>
        ))}
      </nav>
    </section>
  )
}
