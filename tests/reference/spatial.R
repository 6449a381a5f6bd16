# Moran's I, Lagrange multiplier tests, spatial lag and error models: spdep and spatialreg.
source("show.R")
suppressMessages({library(spdep); library(spatialreg)})
grid <- read.csv("grid.csv")
weights <- nb2listw(cell2nb(12, 12, type = "queen"), style = "W")
moran <- moran.test(grid$y, weights)
show(moran = moran$estimate[[1]], expectation = moran$estimate[[2]])
model <- lm(y ~ x1 + x2, grid)
tests <- lm.LMtests(model, weights, test = c("LMerr", "LMlag", "RLMerr", "RLMlag"))
show(lm_error = tests$LMerr$statistic[[1]], lm_lag = tests$LMlag$statistic[[1]],
     rlm_error = tests$RLMerr$statistic[[1]], rlm_lag = tests$RLMlag$statistic[[1]])
lag <- lagsarlm(y ~ x1 + x2, grid, weights, tol.solve = 1e-15, control = list(tol.opt = 1e-12))
error <- errorsarlm(y ~ x1 + x2, grid, weights, tol.solve = 1e-15, control = list(tol.opt = 1e-12))
show(rho = lag$rho, rho_se = lag$rho.se, lag_x1 = lag$coefficients["x1"],
     lag_x1_se = lag$rest.se["x1"], lag_loglik = lag$LL[1], lag_s2 = lag$s2,
     lambda = error$lambda, lambda_se = error$lambda.se, error_x1 = error$coefficients["x1"],
     error_x1_se = error$rest.se[[2]], error_loglik = error$LL[1])
effects <- impacts(lag, listw = weights)
show(direct_x1 = effects$direct[1], indirect_x1 = effects$indirect[1], total_x1 = effects$total[1])
