import { useState } from 'react'
import { monitorsOf, pictureSize } from '../../../contract/display-geometry.ts'
import type { Wall } from '../../../contract/http/walls.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { ConfirmWindow } from '../window-foot.tsx'
import { WallForm } from './wall-form.tsx'
import { WallPicture } from './wall-picture.tsx'

type Open = { window: 'none' | 'add' } | { window: 'edit' | 'remove'; wall: Wall }

const path = '/api/v1/walls'

/** Walls of the city: which monitors each is made of, who looks at it, and what it shows. */
export function WallsPage() {
  const core = useCore()
  const text = useText()
  const walls = useObservable(core.walls)
  const [open, setOpen] = useState<Open>({ window: 'none' })
  const close = () => setOpen({ window: 'none' })
  return (
    <section className="page" aria-label={text.t('walls.title')}>
      <header className="page-head">
        <h1>{text.t('walls.title')}</h1>
        <p className="page-count">{text.t('walls.explain')}</p>
        <button type="button" className="primary" onClick={() => setOpen({ window: 'add' })}>
          {text.t('walls.add')}
        </button>
      </header>
      {walls?.length !== undefined && walls.length > 0 ? null : (
        <p className="empty">{text.t(walls === null ? 'value.notKnown' : 'walls.empty')}</p>
      )}
      <ul className="wall-cards">
        {walls?.map((wall) => (
          <WallCard
            key={wall.id}
            wall={wall}
            onEdit={() => setOpen({ window: 'edit', wall })}
            onRemove={() => setOpen({ window: 'remove', wall })}
          />
        ))}
      </ul>
      {open.window === 'add' && <WallForm wall={undefined} onClose={close} />}
      {open.window === 'edit' && <WallForm wall={open.wall} onClose={close} />}
      {open.window === 'remove' && (
        <ConfirmWindow
          title={text.t('walls.removeTitle', { name: open.wall.settings.name })}
          words={text.t('walls.removeText')}
          yes={text.t('walls.remove')}
          act={() => core.rest.send('DELETE', `${path}/${open.wall.id}`)}
          onClose={close}
          onDone={close}
        />
      )}
    </section>
  )
}

function WallCard({ wall, onEdit, onRemove }: { wall: Wall; onEdit: () => void; onRemove: () => void }) {
  const text = useText()
  const { id, settings } = wall
  const monitors = monitorsOf(settings)
  const { width, height } = pictureSize(monitors)
  const { bezelMm, farthestViewerM, ...glazing } = settings
  const address = `/wall/ikhtisar?wall=${id}`
  return (
    <li className="wall-card" data-wall={id}>
      <WallPicture glazing={glazing} bezelMm={bezelMm} farthestViewerM={farthestViewerM} facts />
      <div>
        <h2>{settings.name}</h2>
        <p className="faint">
          {text.t('walls.facts', { n: monitors.length, width, height, m: text.number(farthestViewerM, 1) })}
        </p>
        <p>
          <a href={address}>{address}</a>
        </p>
        {settings.tiles.length > 0 && (
          <p className="faint">
            {text.t('walls.tilesOf', { names: settings.tiles.map(({ screen }) => screen).join(', ') })}
          </p>
        )}
        <p className="form-actions">
          <button type="button" onClick={onEdit}>
            {text.t('walls.edit')}
          </button>
          <button type="button" onClick={onRemove}>
            {text.t('walls.remove')}
          </button>
        </p>
      </div>
    </li>
  )
}
