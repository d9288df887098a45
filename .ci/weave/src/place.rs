//! Where mutants stand in a file, and how the file reads with all of them in it.

use std::{collections::HashMap, ops::Range};

use syn::{
    Arm, Expr, ExprBinary, ExprConst, ExprStruct, ExprUnary, ImplItemFn, ItemConst, ItemFn, ItemStatic, Pat,
    spanned::Spanned,
    visit::{self, Visit},
};

/// What a mutant changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole body, of which a value is returned.
    Value,
    /// The operator between two operands.
    Binary,
    /// The operator before an operand, which goes.
    Unary,
    /// An arm of a match, which goes.
    Arm,
    /// The guard of an arm.
    Guard,
    /// A field of a struct expression with a base, which goes.
    Field,
    /// Anything else.
    Alone,
}

/// A mutant in one file, in bytes.
pub struct Mutant<'a> {
    pub number: usize,
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    pub replacement: &'a str,
}

/// A file with its mutants in it.
pub struct Woven {
    pub text: String,
    /// What only the mutant of that number is to blame for, where it does not compile.
    pub ranges: Vec<(usize, Range<usize>)>,
    pub alone: Vec<usize>,
}

pub fn weave(text: &str, mutants: Vec<Mutant<'_>>) -> Woven {
    let file = syn::parse_file(text).expect("a file that compiles");
    let mut finder = Finder { text, mutants: HashMap::new(), found: Vec::new(), constant: 0 };
    let mut alone = Vec::new();
    for mutant in &mutants {
        match mutant.kind {
            Kind::Alone => alone.push(mutant.number),
            _ => finder.mutants.entry((mutant.kind as u8, mutant.start)).or_default().push(mutant),
        }
    }
    finder.visit_file(&file);
    alone.extend(finder.mutants.values().flatten().map(|mutant| mutant.number));
    let mut found = finder.found;
    found.sort_by_key(|site| (site.range.start, std::cmp::Reverse(site.range.end)));
    let mut writer = Writer { text, out: String::new(), ranges: Vec::new() };
    writer.copy(0..text.len(), &found);
    alone.sort_unstable();
    Woven { text: writer.out, ranges: writer.ranges, alone }
}

/// A piece of the file that reads otherwise.
struct Site<'a> {
    range: Range<usize>,
    change: Change<'a>,
}

enum Change<'a> {
    /// Before the body.
    Values(Vec<&'a Mutant<'a>>),
    /// One of several texts in the place of an expression.
    Either(Vec<(usize, String)>),
    /// Between the pattern of an arm and its arrow; the guard's range, where it has one.
    Arm { gone: Option<usize>, guard: Option<Range<usize>>, otherwise: Vec<&'a Mutant<'a>> },
}

struct Finder<'a> {
    text: &'a str,
    /// By kind and start: those not found yet.
    mutants: HashMap<(u8, usize), Vec<&'a Mutant<'a>>>,
    found: Vec<Site<'a>>,
    /// How many constants are around: no mutant can be asleep in one.
    constant: usize,
}

impl<'a> Finder<'a> {
    fn take(&mut self, kind: Kind, start: usize) -> Vec<&'a Mutant<'a>> {
        if self.constant > 0 {
            Vec::new()
        } else {
            self.mutants.remove(&(kind as u8, start)).unwrap_or_default()
        }
    }

    fn within(&mut self, constant: bool, visit: impl FnOnce(&mut Self)) {
        self.constant += usize::from(constant);
        visit(self);
        self.constant -= usize::from(constant);
    }

    fn body(&mut self, block: &syn::Block) {
        if let Some(first) = block.stmts.first() {
            let start = first.span().byte_range().start;
            let values = self.take(Kind::Value, start);
            if !values.is_empty() {
                self.found.push(Site { range: start..start, change: Change::Values(values) });
            }
        }
    }

    fn either(&mut self, whole: Range<usize>, mutants: &[&Mutant<'_>], text: impl Fn(&Mutant<'_>) -> String) {
        if !mutants.is_empty() {
            let texts = mutants.iter().map(|mutant| (mutant.number, text(mutant))).collect();
            self.found.push(Site { range: whole, change: Change::Either(texts) });
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.within(item.sig.constness.is_some(), |finder| {
            finder.body(&item.block);
            visit::visit_item_fn(finder, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.within(item.sig.constness.is_some(), |finder| {
            finder.body(&item.block);
            visit::visit_impl_item_fn(finder, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.within(true, |finder| visit::visit_item_const(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.within(true, |finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.within(true, |finder| visit::visit_item_static(finder, item));
    }

    fn visit_expr_const(&mut self, expr: &'ast ExprConst) {
        self.within(true, |finder| visit::visit_expr_const(finder, expr));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.within(true, |finder| visit::visit_type_array(finder, array));
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        self.within(true, |finder| visit::visit_pat(finder, pat));
    }

    fn visit_expr_binary(&mut self, expr: &'ast ExprBinary) {
        if !binds(&expr.left) && !binds(&expr.right) {
            let operator = expr.op.span().byte_range();
            let mutants = self.take(Kind::Binary, operator.start);
            let whole = expr.span().byte_range();
            let text = self.text;
            self.either(whole.clone(), &mutants, |mutant| {
                let (left, right) = (&text[whole.start..operator.start], &text[operator.end..whole.end]);
                format!("{left}{}{right}", mutant.replacement)
            });
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast ExprUnary) {
        let whole = expr.span().byte_range();
        let mutants = self.take(Kind::Unary, whole.start);
        let operand = self.text[expr.expr.span().byte_range()].to_owned();
        self.either(whole, &mutants, |mutant| format!("{}{operand}", mutant.replacement));
        visit::visit_expr_unary(self, expr);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        let guard = arm.guard.as_ref().map(|(_, guard)| guard);
        if !guard.is_some_and(|guard| binds(guard)) {
            let gone = self.take(Kind::Arm, arm.span().byte_range().start);
            let guard = guard.map(|guard| guard.span().byte_range());
            let mut otherwise =
                guard.clone().map(|guard| self.take(Kind::Guard, guard.start)).unwrap_or_default();
            // `a || !b && guard`: what makes it true comes first.
            otherwise.sort_by_key(|mutant| mutant.replacement != "true");
            if !gone.is_empty() || !otherwise.is_empty() {
                let start = arm.pat.span().byte_range().end;
                let end = guard.as_ref().map_or(start, |guard| guard.end);
                let gone = gone.first().map(|mutant| mutant.number);
                self.found.push(Site { range: start..end, change: Change::Arm { gone, guard, otherwise } });
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expr: &'ast ExprStruct) {
        let whole = expr.span().byte_range();
        let mut mutants = Vec::new();
        for field in &expr.fields {
            mutants.extend(self.take(Kind::Field, field.span().byte_range().start));
        }
        let text = self.text;
        self.either(whole.clone(), &mutants, |mutant| {
            format!("{}{}", &text[whole.start..mutant.start], &text[mutant.end..whole.end])
        });
        visit::visit_expr_struct(self, expr);
    }
}

/// Whether an expression binds names with `let`: it stands in a condition, and in no other expression.
fn binds(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(expr) => binds(&expr.left) || binds(&expr.right),
        _ => false,
    }
}

struct Writer<'a> {
    text: &'a str,
    out: String,
    ranges: Vec<(usize, Range<usize>)>,
}

impl Writer<'_> {
    /// Writes a piece of the file with the sites that stand in it; those are in the order of their starts, the longer
    /// first.
    fn copy(&mut self, piece: Range<usize>, sites: &[Site<'_>]) {
        let mut at = piece.start;
        let mut rest = sites;
        while let Some((site, after)) = rest.split_first() {
            let inner = after.iter().take_while(|other| other.range.start < site.range.end).count();
            let (inner, next) = after.split_at(inner);
            self.out.push_str(&self.text[at..site.range.start]);
            self.site(site, inner);
            at = site.range.end;
            rest = next;
        }
        self.out.push_str(&self.text[at..piece.end]);
    }

    fn site(&mut self, site: &Site<'_>, inner: &[Site<'_>]) {
        match &site.change {
            Change::Values(mutants) => {
                for mutant in mutants {
                    self.one(
                        mutant.number,
                        &format!("if {} {{ return {}; }}\n", on(mutant.number), mutant.replacement),
                    );
                }
                self.copy(site.range.clone(), inner);
            }
            Change::Either(texts) => {
                self.out.push('(');
                for (number, text) in texts {
                    self.one(*number, &format!("if {} {{ {text} }}", on(*number)));
                    self.out.push_str(" else ");
                }
                self.out.push_str("{ ");
                self.copy(site.range.clone(), inner);
                self.out.push_str(" })");
            }
            Change::Arm { gone, guard, otherwise } => {
                self.out.push_str(" if ");
                if let Some(number) = gone {
                    self.one(*number, &format!("!{}", on(*number)));
                    self.out.push_str(if guard.is_some() { " && " } else { "" });
                }
                if let Some(guard) = guard {
                    self.out.push('(');
                    for mutant in otherwise {
                        let text = if mutant.replacement == "true" {
                            format!("{} || ", on(mutant.number))
                        } else {
                            format!("!{} && ", on(mutant.number))
                        };
                        self.one(mutant.number, &text);
                    }
                    self.out.push('(');
                    self.copy(guard.clone(), inner);
                    self.out.push_str("))");
                }
            }
        }
    }

    fn one(&mut self, number: usize, text: &str) {
        let start = self.out.len();
        self.out.push_str(text);
        self.ranges.push((number, start..self.out.len()));
    }
}

fn on(number: usize) -> String {
    format!("crate::mutant::on({number})")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weaves these mutants in, each by what it changes; answers with the text, `on(…)` written short.
    fn woven(text: &str, mutants: &[(Kind, &str, &str)]) -> (String, Vec<usize>) {
        let place = |(number, (kind, changed, replacement)): (usize, &(Kind, &str, &'static str))| {
            let start = text.find(changed).expect("a part of the text");
            Mutant { number, kind: *kind, start, end: start + changed.len(), replacement }
        };
        // The texts of a test live as long as it does.
        let mutants: Vec<(Kind, &str, &'static str)> = mutants
            .iter()
            .map(|(kind, changed, replacement)| (*kind, *changed, &*String::leak((*replacement).to_owned())))
            .collect();
        let woven = weave(text, (1..).zip(&mutants).map(place).collect());
        for (number, range) in &woven.ranges {
            assert!(woven.text[range.clone()].contains(&on(*number)));
        }
        (woven.text.replace("crate::mutant::on", "on"), woven.alone)
    }

    #[test]
    fn each_mutant_is_what_is_run_when_its_number_is_named() {
        let (text, alone) = woven(
            "fn f(a: u8) -> bool { match a { 1 => !true, n if n > 2 => a + 1 == n, _ => false } }",
            &[
                (Kind::Value, "match", "true"),
                (Kind::Arm, "1 =>", ""),
                (Kind::Unary, "!", ""),
                (Kind::Guard, "n > 2", "true"),
                (Kind::Guard, "n > 2", "false"),
                (Kind::Binary, "==", "!="),
                (Kind::Binary, "+", "-"),
            ],
        );
        assert_eq!(
            text,
            "fn f(a: u8) -> bool { if on(1) { return true; }\nmatch a { 1 if !on(2) => \
             (if on(3) { true } else { !true }), n if (on(4) || !on(5) && (n > 2)) => \
             (if on(6) { a + 1 != n } else { (if on(7) { a - 1 } else { a + 1 }) == n }), _ => false } }"
        );
        assert!(alone.is_empty());
    }

    #[test]
    fn a_field_goes_and_its_base_stays() {
        let (text, _) = woven("fn f() -> S { S { a: 1, ..s() } }", &[(Kind::Field, "a: 1, ", "")]);
        assert_eq!(text, "fn f() -> S { (if on(1) { S { ..s() } } else { S { a: 1, ..s() } }) }");
    }

    #[test]
    fn what_cannot_be_asleep_stays_as_it_is() {
        let source =
            "const A: u8 = 1 + 2; fn f() { if let Some(_) = g() && h() {} } const fn c() -> u8 { 1 }";
        let mutants = [(Kind::Binary, "+", "-"), (Kind::Binary, "&&", "||"), (Kind::Value, "1 }", "0")];
        assert_eq!(woven(source, &mutants), (source.to_owned(), vec![1, 2, 3]));
    }
}
