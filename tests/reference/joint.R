# Joint tests with CR2: approximate Hotelling's T squared of clubSandwich.
source("show.R")
suppressMessages(library(clubSandwich))
panel <- read.csv("panel.csv")
panel$group <- factor(panel$group); panel$year <- factor(panel$year)
joint <- function(key, model, terms) {
  test <- Wald_test(model, constraints = constrain_zero(terms), vcov = "CR2", cluster = panel$group, test = "HTZ")
  cat(paste0(key, "_F"), format(test$Fstat, digits = 15), "\n")
  cat(paste0(key, "_df"), format(test$df_denom, digits = 15), "\n")
  cat(paste0(key, "_p"), format(test$p_val, digits = 15), "\n")
}
plain <- lm(y ~ x1 + x2 + kind, panel)
joint("two", plain, c("x1", "x2"))
kinds <- grep("^kind", names(coef(plain)), value = TRUE)
joint("kinds", plain, c("x2", kinds))
# Effects of the clusters stand as columns here.
groups <- lm(y ~ x1 * x2 + kind + group, panel)
joint("crossed", groups, c("x2", "x1:x2", kinds))
