"""What ragstone needs from technology: one Protocol per file, with the frozen values it speaks."""
