# The same panel by packages of their own kind: estimatr's errors, plm's effects and clusters.
source("show.R")
suppressMessages({library(estimatr); library(plm)})
panel <- read.csv("panel.csv")
panel$group <- factor(panel$group); panel$unit <- factor(panel$unit)
error <- function(model, term = "x1") model$std.error[[term]]

robust <- function(type, ...) lm_robust(y ~ x1 + x2 + kind, panel, se_type = type, ...)
show(HC1 = error(robust("HC1")), HC2 = error(robust("HC2")), HC3 = error(robust("HC3")),
     weighted_HC2 = error(robust("HC2", weights = w)))
clustered <- robust("CR2", clusters = group)
show(estimate = clustered$coefficients[["x1"]], CR1 = error(robust("stata", clusters = group)),
     CR2 = error(clustered), CR2_df = clustered$df[["x1"]], CR2_p = clustered$p.value[["x1"]],
     CR2_low = clustered$conf.low[["x1"]], CR2_high = clustered$conf.high[["x1"]])
absorbed <- lm_robust(y ~ x1 + x2, panel, fixed_effects = ~ unit + year, se_type = "HC1")
show(two = absorbed$coefficients[["x1"]], two_HC1 = error(absorbed))

within <- plm(y ~ x1 + x2, panel, index = c("unit", "year"), effect = "twoways", model = "within")
units <- plm(y ~ x1 + x2, panel, index = c("unit", "year"), model = "within")
between <- function(model, type, term = "x1") sqrt(vcovHC(model, method = "arellano", type = type)[term, term])
show(plm_two = coef(within)[["x1"]], plm_two_iid = sqrt(vcov(within)["x1", "x1"]),
     plm_two_CR0 = between(within, "HC0"),
     plm_units = coef(units)[["x1"]], plm_units_CR0 = between(units, "HC0"),
     units = nlevels(panel$unit), rows = nrow(panel))
# T7b and T7c as plm has them: the effects of state, and of state and year, on AER's Fatalities.
data("Fatalities", package = "AER")
Fatalities$frate <- with(Fatalities, fatal / pop * 10000)
for (effect in c("individual", "twoways")) {
  traffic <- plm(frate ~ beertax, Fatalities, index = c("state", "year"), effect = effect, model = "within")
  cat(paste0("beertax_", effect), format(coef(traffic)[["beertax"]], digits = 15), "\n")
  cat(paste0("beertax_", effect, "_CR0"), format(between(traffic, "HC0", "beertax"), digits = 15), "\n")
}
# CR3 of the states alone. (With years too, clubSandwich takes the years out once and not anew
# when a state is left out, which is another number: truths.R does leave each state out.)
states <- plm(frate ~ beertax, Fatalities, index = c("state", "year"), model = "within")
left <- suppressMessages(clubSandwich::vcovCR(states, cluster = Fatalities$state, type = "CR3"))
show(beertax_individual_CR3 = sqrt(left[1, 1]))
