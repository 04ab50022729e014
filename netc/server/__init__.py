"""`netc server`: the language service over the Language Server Protocol, for editors. Needs pygls.

The answers are the compiler's (`compiler/language_service`); here they are put into the protocol's types.
"""
