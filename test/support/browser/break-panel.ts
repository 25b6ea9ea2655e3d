import type { Page } from 'playwright-core'

/** What the broken panels throw. */
export const breakage = 'broken by a test'

/** How a panel came back, and what it did to the others. */
export interface Restart {
  panel: string
  /** From its failure in sight until it is there again, ms. */
  awayMs: number
  /** Stood meanwhile in the panel's column; a row that is as high as what is in it becomes lower. */
  inPlace: boolean
}

/**
 * Makes panels of the shown screen throw the next time that they are drawn, once, and waits until they are back. Nothing
 * in the product helps: the component that React keeps for the panel's element is exchanged, until the boundary above
 * makes it anew. `kept`: every other panel is the same element as before.
 */
export function breakPanels(page: Page, numbers: readonly number[]): Promise<{ restarts: Restart[]; kept: boolean }> {
  return page.evaluate(`(async () => {
    const body = document.querySelector('.wall-body')
    const all = [...body.children]
    const broken = all.filter((_, i) => ${JSON.stringify(numbers)}.includes(i))
    const others = all.filter((one) => !broken.includes(one))
    const place = (one) => { const { x, width } = one.getBoundingClientRect(); return [x, width].map(Math.round).join() }
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    function spoil(element) {
      let fiber = element[Object.keys(element).find((name) => name.startsWith('__reactFiber$'))]
      while (fiber.return.type?.getDerivedStateFromError === undefined) fiber = fiber.return
      const thrower = () => { throw new Error('${breakage}') }
      fiber.type = thrower
      if (fiber.alternate !== null) fiber.alternate.type = thrower
    }
    async function watch(element) {
      const [before, i, panel] = [place(element), all.indexOf(element), element.className]
      spoil(element)
      const present = () => body.children[i]
      while (!present().matches('.panel-failed')) await nextFrame()
      const [failedAt, inPlace] = [performance.now(), place(present()) === before]
      while (present().matches('.panel-failed')) await nextFrame()
      return { panel, awayMs: performance.now() - failedAt, inPlace }
    }
    const restarts = await Promise.all(broken.map(watch))
    return { restarts, kept: others.every((one) => one.isConnected) }
  })()`)
}
