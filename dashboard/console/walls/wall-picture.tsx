import { type Glazing, monitorsOf, pictureSize } from '../../../contract/display-geometry.ts'
import { describedGlass, linesOn } from '../../core/wall/display-geometry.ts'
import { useText } from '../../ui/core-context.tsx'

/** How wide a letter is on average, in cap heights (Noto Sans). */
const letterOfU = 0.75

/** A wall drawn small: its monitors, and how many lines of how many letters are read on each from the farthest seat. */
export function WallPicture(props: { glazing: Glazing; bezelMm: number; farthestViewerM: number; facts?: boolean }) {
  const text = useText()
  const { glazing, facts = false } = props
  const { width, height } = pictureSize(monitorsOf(glazing))
  if (!(width > 0 && height > 0)) return null
  const { panes } = describedGlass(props, undefined)
  const fontPx = Math.min(...panes.map((pane) => Math.min(pane.width / 11, pane.height / 5)))
  return (
    <svg className="wall-picture" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={text.t('walls.picture')}>
      {panes.map((pane, i) => (
        <g key={`${pane.x} ${pane.y}`}>
          <rect x={pane.x} y={pane.y} width={pane.width} height={pane.height} strokeWidth={width / 300} />
          {facts && (
            <text x={pane.x + pane.width / 2} y={pane.y + pane.height / 2} fontSize={fontPx}>
              <tspan x={pane.x + pane.width / 2}>{i + 1}</tspan>
              <tspan x={pane.x + pane.width / 2} dy="1.25em">
                {Math.floor(linesOn(pane.height, pane.u))} × {Math.floor(pane.width / pane.u / letterOfU)}
              </tspan>
            </text>
          )}
        </g>
      ))}
    </svg>
  )
}
