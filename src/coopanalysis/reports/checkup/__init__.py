"""Goals that take a browser, a second run or JupyterLab to check; one module each."""
