"""The rules of wire text, shared by formats and cleaning. Pure: no network, no clock, no hidden state.

bytes ─ charset ─► text ─ whitespace ─► paragraphs ─ marks, bylines, captions, furniture ─► what each paragraph is
                                                   └ datelines (agencies, gazetteer) ─► the lead, its dateline taken off
"""
