import { type ReactNode, useLayoutEffect } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

/** A window over the page: keeps the keyboard inside, closes with Esc, gives the keyboard back. */
export function Window(props: { title: string; onClose: () => void; children: ReactNode; stays?: boolean }) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable={!props.stays}
      isKeyboardDismissDisabled={props.stays ?? false}
      onOpenChange={(open) => {
        if (!open) props.onClose()
      }}
    >
      <Modal className="window">
        <Dialog className="window-body" data-modal>
          <Heading slot="title" className="window-title">
            {props.title}
          </Heading>
          {props.children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

/**
 * Gives the keyboard back to where it was before the first of a page's windows opened. Each window does so by itself, but one
 * that follows another only knows of that, which is gone.
 *
 * @param open whether any window of the page is open
 */
export function useKeyboardBack(open: boolean): void {
  // Before the window's own effects, which take the keyboard.
  useLayoutEffect(() => {
    if (!open) return undefined
    const before = document.activeElement
    const giveBack = () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus()
    }
    // The window itself tries first, which takes it a frame.
    return () => void requestAnimationFrame(() => requestAnimationFrame(giveBack))
  }, [open])
}
