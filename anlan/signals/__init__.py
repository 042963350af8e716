"""Early warning over measures. Not built yet: this room holds its place in the layers.

Holds:   control charts and funnels (CUSUM, EARS) over figures that measures already declare.
Refuses: figures of its own, Django's signals (business rules never hang on those), a verdict on a person.
Imports: `measures` and the rooms below it; never `assessment`.
"""
