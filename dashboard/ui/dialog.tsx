import type { ReactNode } from 'react'
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
