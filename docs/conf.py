"""How Sphinx builds the documentation: ``sphinx-build -W --keep-going -n docs site``.

`book.py` writes the pages that come from the code: reference, gallery, cards, packages.
"""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "nnzoo"
author = "The nnzoo developers"
copyright = "The nnzoo developers, Apache-2.0"
version = release = installed_version("nnzoo")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.githubpages",
    "sphinx_click",
    "sphinx_copybutton",
    "myst_nb",
    "book",
]
root_doc = "index"
exclude_patterns = ["**/.ipynb_checkpoints"]
default_role = "py:obj"
smartquotes = False  # options begin with two dashes
suppress_warnings = ["ref.python"]  # a word of a docstring, such as `shape`, that several classes have

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = False

myst_enable_extensions = ["colon_fence", "dollarmath", "html_image"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_mime_priority_overrides = [("html", "image/png", 0)]

html_theme = "furo"
pygments_dark_style = "monokai"
html_title = "nnzoo"
html_static_path = ["static"]
html_css_files = ["nnzoo.css"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
copybutton_exclude = ".linenos, .gp, .go"
